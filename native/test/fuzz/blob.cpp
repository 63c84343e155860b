#include <cstdlib>

#include "core/logon_blob.h"

using namespace systemlog;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<LogonBlob> blob = unpack_logon_blob({data, size});
  if (!blob) return 0;
  const LogonBlob& read = blob.value();
  const Result<SecretBytes> again = pack_logon_blob(read.message, read.domain, read.user, read.password);
  if (!again || unpack_logon_blob(again.value()).value().user != read.user) std::abort();
  return 0;
}
