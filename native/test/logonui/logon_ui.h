// Plays LogonUI: loads the DLL by COM as registered, drives its objects by slot number of their vtables, and is to
// them what LogonUI is: user list, events, the tile's picture as it would be drawn. It shares no header with the
// provider's COM objects: ids and slots are written down a second time here.
#pragma once

// clang-format off
#include <windows.h>
#include <objbase.h>
// clang-format on

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/logon_blob.h"
#include "provider/fields.h"

namespace systemlog::logonui {

using provider::Field;

enum Usage : int { invalid = 0, logon = 1, unlock = 2, change_password = 3, credui = 4, plap = 5, unheard_of = 77 };

/// Calls a method by its slot.
template <typename... Args>
HRESULT call(void* object, std::size_t slot, Args... args) {
  using Method = HRESULT(STDMETHODCALLTYPE*)(void*, Args...);
  return (*static_cast<Method**>(object))[slot](object, args...);
}
ULONG add_ref(void* object);
ULONG release(void* object);
GUID guid(const wchar_t* text);

namespace iid {
inline constexpr const wchar_t* unknown = L"{00000000-0000-0000-C000-000000000046}";
inline constexpr const wchar_t* class_factory = L"{00000001-0000-0000-C000-000000000046}";
inline constexpr const wchar_t* provider = L"{d27c3481-5a1c-45b2-8aaa-c20ebbe8229e}";
inline constexpr const wchar_t* credential = L"{63913a93-40c1-481a-818d-4072ff8c70cc}";
inline constexpr const wchar_t* credential2 = L"{fd672c54-40ea-4d6e-9b49-cfb1a7507bd7}";
inline constexpr const wchar_t* field_options = L"{dbc6fb30-c843-49e3-a645-573e6f39446a}";
inline constexpr const wchar_t* credential_events = L"{fa6fa76b-66b7-4b11-95f1-86171118e816}";
inline constexpr const wchar_t* credential_events2 = L"{b53c00b6-9922-4b78-b1f4-ddfe774dc39b}";
inline constexpr const wchar_t* provider_events = L"{34201e5a-a787-41a3-a5a4-bd6dcf2a854e}";
inline constexpr const wchar_t* filter = L"{a5da53f9-d475-4080-a120-910c4a739880}";
inline constexpr const wchar_t* user = L"{13793285-3ea6-40fd-b420-15f47da41fbb}";
inline constexpr const wchar_t* user_array = L"{90c119ae-0f18-4520-a1f1-114366a40fe8}";
inline constexpr const wchar_t* set_user_array = L"{095c1484-1c0c-4388-9c6d-500e61bf84bd}";
inline constexpr const wchar_t* nothing_of_ours = L"{11111111-2222-3333-4444-555555555555}";
}  // namespace iid
inline constexpr const wchar_t* our_class = L"{6E422B75-E4CF-4436-B8BF-5FFC23A07D79}";
inline constexpr const wchar_t* local_users = L"{a198529b-730f-4089-b646-a12557f5665e}";
inline constexpr const wchar_t* cloud_users = L"{d6886603-9d2f-4eb2-b667-1971041fa96b}";

/// CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION.
struct Serialization {
  ULONG package = 0;
  GUID provider{};
  ULONG size = 0;
  BYTE* bytes = nullptr;
};

struct User {
  std::u16string sid;
  std::u16string qualified_name;
  std::u16string display_name = u"たなか たろう";
  const wchar_t* lives_in = local_users;
};
inline const User tanaka{u"S-1-5-21-1-2-3-1001", u"PC-01\\tanaka"};
inline const User suzuki{u"S-1-5-21-1-2-3-1002", u"PC-01\\suzuki"};

/// What came of a click on the arrow.
struct Submission {
  HRESULT result = E_FAIL;
  int response = -1;
  std::u16string text;
  int icon = -1;
  ULONG package = 0;
  GUID provider{};
  Bytes blob;

  bool is_finished() const noexcept { return result == S_OK && response == 2; }
  bool is_refused() const noexcept { return result == S_OK && response == 0; }
  /// The blob as LSA reads it, the password turned back (the fake protector turns it round).
  struct Logon {
    unsigned message = 0;
    std::u16string domain, user, password;
  };
  Logon logon() const;
};

struct Report {
  HRESULT result = E_FAIL;
  std::u16string text;
  int icon = -1;
};

class TileEvents;

/// A tile as it is on the screen.
class TileOnScreen {
 public:
  explicit TileOnScreen(void* credential);
  TileOnScreen(const TileOnScreen&) = delete;
  TileOnScreen& operator=(const TileOnScreen&) = delete;
  TileOnScreen(TileOnScreen&&) = delete;
  TileOnScreen& operator=(TileOnScreen&&) = delete;
  ~TileOnScreen();

  void* credential() const noexcept { return credential_; }
  std::u16string sid() const;

  bool select();
  void deselect();
  HRESULT type(Field field, std::u16string_view text);
  HRESULT tick(Field field, bool ticked);
  HRESULT click(Field link);
  Submission submit();
  Report report(std::uint32_t status, std::uint32_t substatus = 0);
  void unadvise();

  bool shows(Field field) const;
  bool has_focus(Field field) const;
  std::u16string text(Field field) const;
  /// What stands in an input: typed here, or written by the provider.
  std::u16string content(Field field) const;
  Field submit_beside() const;
  /// Visible inputs in order, by name: `code password`.
  std::string inputs() const;
  ULONG references();

 private:
  void* credential_;
  std::unique_ptr<TileEvents> events_;
  bool advised_ = true;
};

/// One logon screen, from CoCreateInstance to the last Release.
class Screen {
 public:
  struct Options {
    Usage usage = logon;
    DWORD flags = 0;
    std::vector<User> users = {tanaka};
    /// CREDENTIAL_PROVIDER_ACCOUNT_OPTIONS.
    int account_options = 0;
    bool gives_users = true;
    /// Handed over before the tiles are counted.
    Serialization* remote = nullptr;
    /// Another DLL than the registered one.
    HMODULE dll = nullptr;
  };

  explicit Screen(const Options& options);
  Screen() : Screen(Options()) {}
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  Screen(Screen&&) = delete;
  Screen& operator=(Screen&&) = delete;
  ~Screen();

  HRESULT usage_result() const noexcept { return usage_result_; }
  HRESULT remote_result() const noexcept { return remote_result_; }
  DWORD count() const noexcept { return count_; }
  DWORD chosen() const noexcept { return chosen_; }
  bool submits_alone() const noexcept { return auto_logon_ != FALSE; }
  /// Asks again, as LogonUI does after CredentialsChanged.
  void count_again();
  TileOnScreen& tile(std::size_t number = 0) { return *tiles_.at(number); }
  void* provider() const noexcept { return provider_; }
  int times_changed() const;

 private:
  struct Listener;
  struct Users;

  void* provider_ = nullptr;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Users> users_;
  HRESULT usage_result_ = E_FAIL;
  HRESULT remote_result_ = S_OK;
  DWORD count_ = 0;
  DWORD chosen_ = 0;
  BOOL auto_logon_ = FALSE;
  std::vector<std::unique_ptr<TileOnScreen>> tiles_;
};

/// An object of our class, by COM's registration, or straight from a DLL.
void* make_object(const wchar_t* what, HMODULE dll = nullptr);

/// What the filter leaves of a list of providers.
std::vector<bool> filtered(Usage usage, const std::vector<const wchar_t*>& providers, DWORD flags = 0);

/// Lets messages and timers run until it is so, or for long enough that it never will be.
bool happens(const std::function<bool()>& it);

}  // namespace systemlog::logonui
