// Under which names the bridge is found on a PC.
#pragma once

#include <string_view>

#include "core/pipe_names.h"

namespace systemlog::bridge {

inline constexpr std::wstring_view service_name = L"SystemLogBridge";
inline constexpr std::string_view event_source = "SystemLogBridge";
/// Below %ProgramData%.
inline constexpr std::string_view data_folder = "SystemLog\\Bridge";

/// SYSTEM and administrators all; interactive users read and write but may not serve the name (0x12019b is GRGW
/// without FILE_CREATE_PIPE_INSTANCE); the network nothing.
inline constexpr std::string_view client_pipe_sddl = "D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x12019b;;;IU)";
/// The logon screen runs as SYSTEM; nobody else has anything to ask there.
inline constexpr std::string_view auth_pipe_sddl = "D:P(D;;GA;;;NU)(A;;GA;;;SY)";
/// The folder around the service's: users see that it is there, and what other parts of the product show them.
inline constexpr std::wstring_view product_folder_sddl = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)";
/// The service's files: SYSTEM, and administrators for setup; inherited, nothing from above.
inline constexpr std::wstring_view folder_sddl = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
/// Vault and attempts: SYSTEM alone.
inline constexpr std::wstring_view vault_folder_sddl = L"D:P(A;OICI;FA;;;SY)";
/// The registry below HKLM\SOFTWARE\SystemLog: administrators change it, everybody may read it.
inline constexpr std::wstring_view registry_sddl = L"D:P(A;OICI;KA;;;SY)(A;OICI;KA;;;BA)(A;OICI;KR;;;BU)";
/// Users may see the service, administrators may do everything with it.
inline constexpr std::wstring_view service_sddl =
    L"D:(A;;CCLCSWLOCRRC;;;IU)(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)";

}  // namespace systemlog::bridge
