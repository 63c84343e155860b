#pragma once

namespace systemlog::test {

/// The event on which the tests' provider-test.exe goes, as if its user had closed the window.
inline constexpr wchar_t rehearsal_end[] = L"Global\\SystemLogSeamRehearsalEnd";

}  // namespace systemlog::test
