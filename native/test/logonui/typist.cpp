// A LogonUI in a process of its own: for what a process leaves in its memory, and for how it ends.
//
//     typist forget <pipe> <report file>           types secrets, lets go of everything, looks for what is left
//     typist look <pipe> <report file> <times>     has its tiles counted and goes, without touching one
//     typist fall <pipe> <report file> <code>      falls over inside GetSerialization
//
// The report is a line for each thing seen; the exit code alone is not believed under Wine.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "test/logonui/dll_under_test.h"
#include "test/logonui/logon_ui.h"
#include "test/logonui/typed_secrets.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

std::FILE* report = nullptr;

/// Where of this process a byte lies.
const char* place_of(const MEMORY_BASIC_INFORMATION& region, const void* stack_base) {
  if (region.AllocationBase == stack_base) return "stack";
  return region.Type == MEM_IMAGE ? "image" : "heap";
}

/// Counts what is left of a secret in everything this process can write to. Its first unit is not looked for: a
/// moved-from short string loses that one alone.
void look_for(const char* when, const char* what, std::span<const std::uint8_t> secret) {
  int number = 0;
  MEMORY_BASIC_INFORMATION stack{};
  VirtualQuery(&number, &stack, sizeof stack);
  int heap = 0;
  int on_stack = 0;
  MEMORY_BASIC_INFORMATION region{};
  for (std::uint8_t* at = nullptr; VirtualQuery(at, &region, sizeof region) != 0;
       at = static_cast<std::uint8_t*>(region.BaseAddress) + region.RegionSize) {
    constexpr DWORD writable = PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    if (region.State != MEM_COMMIT || (region.Protect & writable) == 0 || (region.Protect & PAGE_GUARD) != 0)
      continue;
    const auto* next = static_cast<const std::uint8_t*>(region.BaseAddress);
    const std::uint8_t* const end = next + region.RegionSize - secret.size() + 1;
    while (next < end) {
      next = static_cast<const std::uint8_t*>(std::memchr(next, secret[0], static_cast<std::size_t>(end - next)));
      if (next == nullptr) break;
      if (std::memcmp(next, secret.data(), secret.size()) == 0) {
        const char* place = place_of(region, stack.AllocationBase);
        ++(std::string_view(place) == "stack" ? on_stack : heap);
        std::fprintf(report, "found %s %s %s at %p\n", when, what, place, static_cast<const void*>(next));
      }
      ++next;
    }
  }
  std::fprintf(report, "%s %s heap=%d stack=%d\n", when, what, heap, on_stack);
}

void look_for_all(const char* when) {
  for (const Secret& secret : typed_secrets) {
    const auto* units = reinterpret_cast<const std::uint8_t*>(secret.units.data() + 1);
    look_for(when, (std::string(secret.name) + "-utf16").c_str(), {units, (secret.units.size() - 1) * 2});
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(secret.bytes.data() + 1);
    look_for(when, (std::string(secret.name) + "-utf8").c_str(), {bytes, secret.bytes.size() - 1});
  }
}

/// Types straight out of this program's own read-only pages, so that the host has no copy to forget.
void type(TileOnScreen& tile, Field field, const Secret& secret) {
  call(tile.credential(), 14, static_cast<DWORD>(index(field)), reinterpret_cast<LPCWSTR>(secret.units.data()));
}

/// A click on the arrow; what it gives is wiped and freed as Winlogon would have to.
bool submit(TileOnScreen& tile) {
  int response = -1;
  int icon = -1;
  LPWSTR text = nullptr;
  Serialization given;
  const HRESULT result = call(tile.credential(), 18, &response, &given, &text, &icon);
  if (given.bytes != nullptr) SecureZeroMemory(given.bytes, given.size);
  CoTaskMemFree(given.bytes);
  CoTaskMemFree(text);
  return result == S_OK && response == 2;
}

void check(const char* what, bool is_so) {
  std::fprintf(report, "%s %s\n", is_so ? "did" : "did not", what);
}

HMODULE use_dll(const char* pipe) {
  std::string_view(pipe).copy(static_cast<char*>(switches().pipe_name), sizeof switches().pipe_name - 1);
  return GetModuleHandleW(L"systemlog-provider-under-test.dll");
}

void forget(HMODULE dll) {
  Screen::Options options;
  options.dll = dll;
  options.users = {tanaka, suzuki};
  {
    Screen screen(options);
    TileOnScreen& tile = screen.tile(0);
    check("select", tile.select());
    type(tile, Field::code_first, secret_of("wrong-code"));
    type(tile, Field::password, secret_of("password"));
    look_for_all("typed");
    check("refuse a wrong code", !submit(tile));
    type(tile, Field::code_first, secret_of("code"));
    check("take the code", submit(tile));
    tile.report(0xC000006D);
    look_for_all("refused-by-lsa");
    type(tile, Field::code_first, secret_of("code"));
    type(tile, Field::password, secret_of("password"));
    tile.tick(Field::seal, true);
    check("take the code again", submit(tile));
    tile.report(0);
    look_for_all("accepted-and-sealed");

    tile.click(Field::recovery_link);
    type(tile, Field::recovery_code, secret_of("recovery-code"));
    type(tile, Field::password, secret_of("password"));
    check("take the recovery code", submit(tile));
    tile.report(0xC0000224);
    type(tile, Field::old_password, secret_of("password"));
    type(tile, Field::new_password, secret_of("new-password"));
    type(tile, Field::new_password_again, secret_of("new-password"));
    check("take the new password", submit(tile));
    tile.report(0);
    look_for_all("changed");
    tile.deselect();

    TileOnScreen& alone = screen.tile(1);
    check("select the other", alone.select());
    type(alone, Field::code_first, secret_of("code"));
    check("sign in by the code alone", submit(alone));
    alone.report(0);
    look_for_all("code-alone");
    type(alone, Field::code_first, secret_of("code"));
    alone.deselect();
    look_for_all("deselected");
  }
  check("let go", dll_may_be_unloaded());
  look_for_all("gone");
}

void look(HMODULE dll, int times) {
  Screen::Options options;
  options.dll = dll;
  int tiles = 0;
  for (int i = 0; i < times; ++i) {
    Screen screen(options);
    tiles += static_cast<int>(screen.count());
  }
  std::fprintf(report, "counted %d tiles\n", tiles);
}

void fall(HMODULE dll, std::string_view code) {
  Screen::Options options;
  options.dll = dll;
  Screen screen(options);
  TileOnScreen& tile = screen.tile();
  check("select", tile.select());
  tile.type(Field::code_first, std::u16string(code.begin(), code.end()));
  type(tile, Field::password, secret_of("password"));
  std::fflush(report);
  switches().falls_over = true;
  submit(tile);
  check("survive", true);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  // No debugger: the process ends with what happened as its exit code, as it does under Windows.
  SetUnhandledExceptionFilter([](EXCEPTION_POINTERS*) -> LONG { return EXCEPTION_EXECUTE_HANDLER; });
  report = std::fopen(arguments[3], "w");
  if (report == nullptr || FAILED(CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED))) return 2;
  const HMODULE dll = use_dll(arguments[2]);
  const std::string_view what = arguments[1];
  if (what == "forget") forget(dll);
  if (what == "look" && count > 4) look(dll, std::atoi(arguments[4]));
  if (what == "fall" && count > 4) fall(dll, arguments[4]);
  std::fputs("ended\n", report);
  return std::fclose(report) == 0 ? 0 : 2;
}
