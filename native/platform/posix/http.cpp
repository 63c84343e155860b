#include "platform/http.h"

namespace systemlog {

Result<std::unique_ptr<Http>> system_http(
    std::optional<HttpProxy> /*proxy*/) {  // NOLINT(performance-unnecessary-value-param)
  return Error{ErrorCode::unsupported, "http"};
}

}  // namespace systemlog
