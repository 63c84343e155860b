#pragma once

#include "bridge/auth_desk.h"

namespace systemlog::test {

/// Keeps what the logon screen would find in the registry.
class FakeMirror final : public bridge::MirrorStore {
 public:
  LogonMirror held;
  int writes = 0;

  LogonMirror read() override { return held; }
  Result<void> write(const LogonMirror& mirror) override {
    const bool recovery = held.recovery_flag;
    held = mirror;
    held.recovery_flag = recovery;
    ++writes;
    return {};
  }
};

}  // namespace systemlog::test
