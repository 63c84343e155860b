// The window around a rehearsed tile: its fields from top to bottom, as the tile shows and hides them.
#pragma once

#include <string>

#include "provider/rehearsal/rehearsal_screen.h"
#include "provider/texts.h"

namespace systemlog::provider {

/// Shows a message and waits until it was read.
void show_message(Language language, const std::u16string& text);

/// Shows the tile until the rehearsal has succeeded or the window was closed. Whether it has succeeded.
bool run_rehearsal(RehearsalScreen& screen, Language language);

}  // namespace systemlog::provider
