#include <cstdlib>

#include "core/account_names.h"
#include "core/base/bytes.h"

using namespace systemlog;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::u16string typed;
  for (std::size_t i = 0; i + 1 < size; i += 2) typed.push_back(static_cast<char16_t>(data[i] | (data[i + 1] << 8)));
  static_cast<void>(is_sid(text_of({data, size})));
  const Result<AccountName> name = parse_account_name(typed, u"PC");
  if (!name) return 0;
  // What was understood means the same when it is read again.
  const Result<AccountName> again = parse_account_name(qualified(name.value()), u"PC");
  if (!again || !same_name(again.value().user, name.value().user)) std::abort();
  return 0;
}
