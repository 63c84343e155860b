// LSA, saying what a case wants.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "provider/rehearsal/lsa_logon.h"

namespace systemlog::logonui {

class FakeLsa final : public provider::LsaLogon {
 public:
  provider::LsaAnswer judge(std::uint32_t package, std::span<std::uint8_t> blob) noexcept override {
    CHECK(package == 9);
    blobs.emplace_back(blob.begin(), blob.end());
    return answer;
  }
  provider::LsaAnswer answer;
  std::vector<Bytes> blobs;
};

inline provider::LsaAnswer ntstatus(std::uint32_t status) {
  return {static_cast<provider::NtStatus>(status), 0};
}

}  // namespace systemlog::logonui
