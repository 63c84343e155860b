#include <cstdlib>

#include "core/device_policy.h"
#include "core/released_secret.h"

using namespace systemlog;

// What is taken of a policy can always be written down and read back, and following it twice is following it once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of({data, size});
  static_cast<void>(parse_released_secret(text));
  const Result<DevicePolicy> policy = parse_device_policy(text);
  if (!policy || !policy.value().current) return 0;
  const CurrentPolicy& current = *policy.value().current;
  const VaultContent content = with_policy(VaultContent{}, current);
  const AttemptBook book = with_policy(AttemptBook{}, current);
  if (!parse_vault_content(write_vault_content(content)) || !parse_book(write_book(book))) std::abort();
  if (write_vault_content(with_policy(content, current)) != write_vault_content(content)) std::abort();
  if (write_book(with_policy(book, current)) != write_book(book)) std::abort();
  return 0;
}
