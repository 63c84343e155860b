// The Windows sides of the interfaces that have no counterpart elsewhere. Tests put fakes in their place.
#pragma once

#include <memory>
#include <string>

#include "platform/account_lookup.h"
#include "platform/auth_package.h"
#include "platform/connected_blob_packer.h"
#include "platform/event_sink.h"
#include "platform/password_protector.h"
#include "platform/secret_box.h"

namespace systemlog::windows {

/// DPAPI with machine scope; the purpose is the additional entropy.
std::unique_ptr<SecretBox> machine_secret_box();

/// The Windows event log under a source name. May be used from several threads at once.
std::unique_ptr<EventSink> event_log_sink(const std::string& source);

std::unique_ptr<AccountLookup> account_lookup();
std::unique_ptr<PasswordProtector> password_protector();
std::unique_ptr<AuthPackage> auth_package();
std::unique_ptr<ConnectedBlobPacker> connected_blob_packer();

}  // namespace systemlog::windows
