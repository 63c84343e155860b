#include "bridge/windows/surroundings.h"

// clang-format off
#include <windows.h>
// clang-format on

#include "bridge/service_names.h"
#include "bridge/windows/drive_protection.h"
#include "bridge/windows/windows_bridge.h"
#include "platform/random.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::bridge::windows {

/// As the system itself has it written down: an environment variable is whatever the one who started us made of it.
std::filesystem::path data_folder_path() {
  wchar_t program_data[MAX_PATH] = L"C:\\ProgramData";
  DWORD size = sizeof program_data;
  RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList", L"ProgramData",
               RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, nullptr, static_cast<wchar_t*>(program_data), &size);
  return std::filesystem::path(static_cast<const wchar_t*>(program_data)) / systemlog::windows::wide(data_folder);
}

Surroundings system_surroundings() {
  Surroundings made;
  made.folder = data_folder_path();
  made.files = system_files();
  made.random = system_random();
  made.clock = system_clock({});
  made.box = systemlog::windows::machine_secret_box();
  made.machine = machine();
  made.processes = processes();
  made.accounts = systemlog::windows::account_lookup();
  made.mirror = mirror_store();
  made.rehearsals = rehearsal_host(*made.machine);
  made.events = systemlog::windows::event_log_sink(std::string(event_source));
  made.tpm_and_bitlocker = [protection = std::make_shared<DriveProtection>()] {
    return protection->tpm_and_bitlocker();
  };
  return made;
}

HostParts Surroundings::host_parts() const {
  return {*files,
          *random,
          *clock,
          *box,
          *machine,
          *processes,
          *events,
          *accounts,
          *mirror,
          tpm_and_bitlocker,
          folder,
          {std::string(auth::pipe_name), std::string(auth_pipe_sddl)},
          {std::string(client_pipe_name), std::string(client_pipe_sddl)},
          auth_limits,
          {},
          {},
          std::chrono::milliseconds(10'000),
          rehearsals.get()};
}

}  // namespace systemlog::bridge::windows
