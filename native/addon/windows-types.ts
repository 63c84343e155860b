/** What the addon does with Windows itself (`LogonCore.windows`). As all of the core: promises, TypeErrors, CoreErrors. */

export interface WindowsAccount {
  sid: string;
  /** Empty, as `name`, where Windows cannot name the SID now: a domain account away from its domain. */
  domain: string;
  name: string;
}

/** The session this process runs in. */
export interface WindowsSession {
  sessionId: number;
  /** Whose process this is; the bridge takes a client for the same. */
  account: WindowsAccount;
  /** The process has an administrator's rights, not merely an administrator's account. */
  elevated: boolean;
  connection: 'console' | 'remote' | 'disconnected' | 'unknown';
  /** Unix time in milliseconds; null where Windows does not say. */
  logonAtMs: number | null;
  /** Null where Windows does not say. */
  locked: boolean | null;
}

/**
 * What Windows tells a window. Hints, for what the tray shows and when it asks the bridge: any program of the same user can send the
 * same messages, and events are recorded by the bridge alone.
 */
export type SessionNotice =
  | {
      type:
        | 'console-connect'
        | 'console-disconnect'
        | 'remote-connect'
        | 'remote-disconnect'
        | 'logon'
        | 'logoff'
        | 'lock'
        | 'unlock'
        | 'remote-control'
        | 'suspend'
        /** The PC is awake; `resume-by-user` follows when somebody is there. */
        | 'resume'
        | 'resume-by-user'
        /** Explorer has a new taskbar: icons in it must be put there again. */
        | 'taskbar-created';
    }
  | {
      /**
       * `session-ending`: Windows asks whether the session may end; the answer is no while `blockShutdown` is in force.
       * `session-end`: it ends. The process is ended after `readyToEnd` or `endWaitMs`, whichever comes first.
       * `session-end-cancelled`: it goes on after all.
       */
      type: 'session-ending' | 'session-end' | 'session-end-cancelled';
      /** `close-app`: an installer is to replace our files. A restart is a `shutdown`; Windows does not tell them apart. */
      cause: 'shutdown' | 'logoff' | 'close-app';
      /** Windows waits for nobody. */
      critical: boolean;
    };

/** Hidden window that Windows tells about the session; open until `close` or the end of its thread. Never keeps Node alive. */
export interface SessionWatch {
  /** From now on Windows is asked to wait when the session is to end, and shows `text` (in the user's language) as the reason. */
  blockShutdown(text: string): Promise<void>;
  unblockShutdown(): Promise<void>;
  /** After `session-end`: all is flushed, Windows may go on. */
  readyToEnd(): Promise<void>;
  close(): Promise<void>;
}

/** What the addon does with Windows itself. */
export interface WindowsFunctions {
  readonly supported: true;
  /** Name of the bridge's pipe for clients. */
  readonly bridgePipe: string;
  /**
   * Opens the pipe and makes sure that the bridge's service serves it, before a byte is sent: the process registered with the service
   * manager, running as the system in session 0, and owner of the pipe. The server learns who we are and cannot act as us.
   *
   * Refused as `bridge-absent` when nobody serves it, `bridge-not-trusted` when somebody else does, `bridge-busy` when every instance
   * stayed taken.
   *
   * @param path `\\.\pipe\…`
   * @param waitMs how long to wait for a free instance, at most 30,000
   * @returns a descriptor for `new net.Socket({ fd })`. It is the caller's, who must close it.
   */
  openBridge(path: string, waitMs: number): Promise<number>;
  session(): Promise<WindowsSession>;
  /**
   * @param listener is called on the event loop; what it throws is an uncaught exception
   * @param endWaitMs how long the end of the session is held up for `readyToEnd`, at most 5,000: Windows then ends the process
   */
  watchSession(listener: (notice: SessionNotice) => void, endWaitMs: number): Promise<SessionWatch>;
}

/** What there is elsewhere. */
export interface WithoutWindows {
  readonly supported: false;
  readonly reason: 'unsupported-platform';
}

/** Why `openBridge` gives no pipe. */
export const BRIDGE_PIPE_CODES = ['bridge-absent', 'bridge-not-trusted', 'bridge-busy'] as const;
export type BridgePipeCode = (typeof BRIDGE_PIPE_CODES)[number];
