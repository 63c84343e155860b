#include "provider/tile_image.h"

namespace systemlog::provider {
namespace {

constexpr std::uint32_t ground = 0xFF1F5FBF;
constexpr std::uint32_t figure = 0xFFFFFFFF;

constexpr bool in_circle(int x, int y, int centre_x, int centre_y, int radius) noexcept {
  return (x - centre_x) * (x - centre_x) + (y - centre_y) * (y - centre_y) <= radius * radius;
}

constexpr bool in_box(int x, int y, int left, int top, int right, int bottom) noexcept {
  return x >= left && x < right && y >= top && y < bottom;
}

constexpr bool is_padlock(int x, int y) noexcept {
  const bool keyhole = in_circle(x, y, 48, 55, 5) || in_box(x, y, 46, 55, 51, 66);
  const bool body = in_box(x, y, 26, 42, 70, 74) && !keyhole;
  const bool shackle = y < 42 && in_circle(x, y, 48, 36, 17) && !in_circle(x, y, 48, 36, 11);
  const bool legs = in_box(x, y, 31, 36, 37, 42) || in_box(x, y, 59, 36, 65, 42);
  return body || (shackle && y <= 36) || legs;
}

}  // namespace

std::vector<std::uint32_t> tile_image() {
  std::vector<std::uint32_t> pixels;
  pixels.reserve(static_cast<std::size_t>(tile_image_size) * tile_image_size);
  for (int y = 0; y < tile_image_size; ++y) {
    for (int x = 0; x < tile_image_size; ++x) pixels.push_back(is_padlock(x, y) ? figure : ground);
  }
  return pixels;
}

}  // namespace systemlog::provider
