#include "bridge/windows/network_watch.h"

// clang-format off
#include <winsock2.h>
#include <ws2ipdef.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>
// clang-format on

namespace systemlog::bridge::windows {
namespace {

/// An address that is new, or that has become usable: it is added before it is known to be nobody else's.
VOID NETIOAPI_API_ on_address(void* context, MIB_UNICASTIPADDRESS_ROW* /*row*/, MIB_NOTIFICATION_TYPE type) {
  if (type == MibAddInstance || type == MibParameterNotification) (*static_cast<NetworkWatch::Told*>(context))();
}

}  // namespace

NetworkWatch::NetworkWatch(Told told) : told_(std::make_unique<Told>(std::move(told))) {
  HANDLE notification = nullptr;
  if (NotifyUnicastIpAddressChange(AF_UNSPEC, on_address, told_.get(), FALSE, &notification) == NO_ERROR) {
    notification_ = notification;
  }
}

NetworkWatch::~NetworkWatch() {
  if (notification_ != nullptr) CancelMibChangeNotify2(notification_);
}

}  // namespace systemlog::bridge::windows
