/**
 * Preloaded under Wine only: from Windows 10 1709 on libuv sets TCP keep-alive by options that Wine 8 does not know (TCP_KEEPCNT),
 * and a connection that asked for it fails. Loopback needs none.
 */
import { Socket } from 'node:net';

Socket.prototype.setKeepAlive = function setKeepAlive() {
  return this;
};
