#include "provider/rehearsal/rehearsal_window.h"

// clang-format off
#include <windows.h>
#include <commctrl.h>
// clang-format on

#include <array>

#include "core/base/secret.h"

namespace systemlog::provider {
namespace {

constexpr int margin = 20;
constexpr int width = 420;
constexpr int text_lines = 3;
/// Longest thing that can be typed into a field, in characters.
constexpr int longest_typed = 4096;

LPCWSTR c_str(const std::u16string& text) noexcept {
  return reinterpret_cast<LPCWSTR>(text.c_str());
}
std::u16string words(Language language, Text which) {
  return std::u16string(text(language, which));
}

/// What stands in a control; wiped when it goes.
SecretUtf16 content_of(HWND control) {
  SecretUtf16 content(static_cast<std::size_t>(GetWindowTextLengthW(control)) + 1);
  GetWindowTextW(control, reinterpret_cast<LPWSTR>(content.data()), static_cast<int>(content.size()));
  return content;
}

bool is_button(FieldKind kind) noexcept {
  return kind == FieldKind::command_link || kind == FieldKind::submit_button || kind == FieldKind::check_box;
}
bool is_edit(FieldKind kind) noexcept {
  return kind == FieldKind::edit_text || kind == FieldKind::password_text;
}

class Window {
 public:
  Window(RehearsalScreen& screen, Language language) : screen_(&screen), language_(language) {
    NONCLIENTMETRICSW metrics{};
    metrics.cbSize = sizeof metrics;
    SystemParametersInfoW(SPI_GETNONCLIENTMETRICS, sizeof metrics, &metrics, 0);
    font_ = CreateFontIndirectW(&metrics.lfMessageFont);
    WNDCLASSW described{};
    described.lpfnWndProc = &handle;
    described.hInstance = GetModuleHandleW(nullptr);
    described.hCursor = LoadCursorW(nullptr, IDC_ARROW);
    described.hbrBackground = GetSysColorBrush(COLOR_BTNFACE);
    described.lpszClassName = L"SystemLogRehearsal";
    RegisterClassW(&described);
    window_ = CreateWindowExW(WS_EX_DLGMODALFRAME | WS_EX_TOPMOST | WS_EX_CONTROLPARENT, described.lpszClassName,
                              c_str(words(language, Text::heading_rehearsal)), WS_CAPTION | WS_SYSMENU, CW_USEDEFAULT,
                              CW_USEDEFAULT, width, width, nullptr, nullptr, described.hInstance, this);
    for (std::size_t i = 0; i < field_count; ++i) make_control(i);
    screen.on_change([this] { lay_out(); });
    lay_out();
  }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  Window(Window&&) = delete;
  Window& operator=(Window&&) = delete;
  ~Window() {
    screen_->on_change(nullptr);
    if (window_ != nullptr) DestroyWindow(window_);
    DeleteObject(font_);
  }

  bool run() {
    ShowWindow(window_, SW_SHOW);
    SetForegroundWindow(window_);
    MSG message{};
    while (!closed_ && !done_ && GetMessageW(&message, nullptr, 0, 0) > 0) {
      if (IsDialogMessageW(window_, &message) != 0) continue;
      TranslateMessage(&message);
      DispatchMessageW(&message);
    }
    return done_;
  }

 private:
  static constexpr WORD first_control = 100;

  void make_control(std::size_t i) {
    const ShownField& field = screen_->fields()[i];
    LPCWSTR kind = L"STATIC";
    DWORD style = WS_CHILD | SS_NOPREFIX;
    if (is_edit(field.kind)) {
      kind = L"EDIT";
      style = WS_CHILD | WS_TABSTOP | WS_BORDER | ES_AUTOHSCROLL;
      if (field.kind == FieldKind::password_text) style |= ES_PASSWORD;
      if (field.numbers_only) style |= ES_NUMBER;
    } else if (field.kind == FieldKind::check_box) {
      kind = L"BUTTON";
      style = WS_CHILD | WS_TABSTOP | BS_AUTOCHECKBOX;
    } else if (is_button(field.kind)) {
      kind = L"BUTTON";
      style = WS_CHILD | WS_TABSTOP | (field.kind == FieldKind::submit_button ? BS_DEFPUSHBUTTON : BS_PUSHBUTTON);
    }
    const auto number = field.kind == FieldKind::submit_button ? WORD{IDOK} : static_cast<WORD>(first_control + i);
    const HWND control =
        CreateWindowExW(0, kind, nullptr, style, 0, 0, 0, 0, window_,
                        reinterpret_cast<HMENU>(static_cast<UINT_PTR>(number)), GetModuleHandleW(nullptr), nullptr);
    SendMessageW(control, WM_SETFONT, reinterpret_cast<WPARAM>(font_), TRUE);
    if (is_edit(field.kind)) {
      SendMessageW(control, EM_SETLIMITTEXT, longest_typed, 0);
      SendMessageW(control, EM_SETCUEBANNER, TRUE, reinterpret_cast<LPARAM>(c_str(field.label)));
    }
    controls_[i] = control;
  }

  /// Puts what is visible below each other, and the tile's own words into it.
  void lay_out() {
    const int line = line_height();
    int top = margin;
    for (std::size_t i = 0; i < field_count; ++i) {
      const ShownField& field = screen_->fields()[i];
      const bool visible = field.visible && field.kind != FieldKind::tile_image;
      ShowWindow(controls_[i], visible ? SW_SHOW : SW_HIDE);
      put_words(i, field);
      if (!visible) continue;
      const bool is_text = !is_edit(field.kind) && !is_button(field.kind);
      const int height = is_text ? line * (field.kind == FieldKind::large_text ? 1 : text_lines) : line + line / 2;
      MoveWindow(controls_[i], margin, top, width - 2 * margin, height, TRUE);
      top += height + line / 2;
      if (field.focused) SetFocus(controls_[i]);
    }
    RECT frame{0, 0, width, top + margin};
    AdjustWindowRectEx(&frame, WS_CAPTION | WS_SYSMENU, FALSE, WS_EX_DLGMODALFRAME);
    SetWindowPos(window_, nullptr, 0, 0, frame.right - frame.left, frame.bottom - frame.top,
                 SWP_NOMOVE | SWP_NOZORDER | SWP_NOACTIVATE);
  }

  void put_words(std::size_t i, const ShownField& field) {
    if (is_edit(field.kind)) {
      // What the user typed is left alone, unless the tile wrote something in its place.
      if (written_[i] == field.written) return;
      written_[i] = field.written;
      SetWindowTextW(controls_[i], c_str(field.text));
      return;
    }
    if (field.kind == FieldKind::check_box) SendMessageW(controls_[i], BM_SETCHECK, field.ticked ? 1 : 0, 0);
    SetWindowTextW(controls_[i], c_str(field.text.empty() ? field.label : field.text));
  }

  int line_height() const {
    const HDC context = GetDC(window_);
    const HGDIOBJ before = SelectObject(context, font_);
    TEXTMETRICW metrics{};
    GetTextMetricsW(context, &metrics);
    SelectObject(context, before);
    ReleaseDC(window_, context);
    return metrics.tmHeight;
  }

  void submit() {
    for (std::size_t i = 0; i < field_count; ++i) {
      if (!is_edit(screen_->fields()[i].kind) || !screen_->fields()[i].visible) continue;
      const SecretUtf16 content = content_of(controls_[i]);
      screen_->type(static_cast<Field>(i), reinterpret_cast<LPCWSTR>(content.data()));
    }
    const Rehearsed rehearsed = screen_->submit();
    done_ = rehearsed.done;
    if (!done_ && !rehearsed.text.empty()) {
      MessageBoxW(window_, c_str(rehearsed.text), c_str(words(language_, Text::heading_rehearsal)), MB_ICONWARNING);
    }
  }

  void commanded(WORD number) {
    if (number == IDOK) return submit();
    if (number == IDCANCEL) closed_ = true;
    if (number < first_control || number >= first_control + field_count) return;
    const auto field = static_cast<Field>(number - first_control);
    const FieldKind kind = screen_->at(field).kind;
    if (kind == FieldKind::command_link) screen_->click(field);
    if (kind == FieldKind::check_box) {
      screen_->tick(field, SendMessageW(controls_[index(field)], BM_GETCHECK, 0, 0) == BST_CHECKED);
    }
  }

  static LRESULT CALLBACK handle(HWND window, UINT message, WPARAM first, LPARAM second) {
    if (message == WM_NCCREATE) {
      const auto* made = reinterpret_cast<const CREATESTRUCTW*>(second);
      SetWindowLongPtrW(window, GWLP_USERDATA, reinterpret_cast<LONG_PTR>(made->lpCreateParams));
    }
    auto* self = reinterpret_cast<Window*>(GetWindowLongPtrW(window, GWLP_USERDATA));
    if (self != nullptr && message == WM_COMMAND && HIWORD(first) == BN_CLICKED) {
      self->commanded(LOWORD(first));
      return 0;
    }
    if (self != nullptr && message == WM_CLOSE) {
      self->closed_ = true;
      return 0;
    }
    return DefWindowProcW(window, message, first, second);
  }

  RehearsalScreen* screen_;
  Language language_;
  HFONT font_ = nullptr;
  HWND window_ = nullptr;
  std::array<HWND, field_count> controls_{};
  std::array<unsigned, field_count> written_{};
  bool closed_ = false;
  bool done_ = false;
};

}  // namespace

void show_message(Language language, const std::u16string& text) {
  MessageBoxW(nullptr, c_str(text), c_str(words(language, Text::heading_rehearsal)), MB_TOPMOST | MB_SETFOREGROUND);
}

bool run_rehearsal(RehearsalScreen& screen, Language language) {
  return Window(screen, language).run();
}

}  // namespace systemlog::provider
