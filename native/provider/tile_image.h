// The picture LogonUI shows for our way to sign in: drawn, so that the DLL carries no picture file.
#pragma once

#include <cstdint>
#include <vector>

namespace systemlog::provider {

inline constexpr int tile_image_size = 96;

/// `tile_image_size` squared pixels, top row first, 0xAARRGGBB: a white padlock on the product's blue.
std::vector<std::uint32_t> tile_image();

}  // namespace systemlog::provider
