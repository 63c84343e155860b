#include <cstdlib>

#include "core/attempt_store.h"
#include "core/vault.h"

using namespace systemlog;

// What parses is written the same way again, or the file and what we believe of it differ.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (const Result<VaultContent> content = parse_vault_content(bytes)) {
    const SecretBytes again = write_vault_content(content.value());
    if (!parse_vault_content(again)) std::abort();
  }
  if (const Result<AttemptBook> book = parse_book(bytes)) {
    const SecretBytes again = write_book(book.value());
    if (!parse_book(again)) std::abort();
  }
  return 0;
}
