/** What is asked of the PC, in the order of the report. All of it only reads. */
export interface Probe {
  title: string;
  program: string;
  args: readonly string[];
}

export interface Section {
  title: string;
  probes: readonly Probe[];
}

/** native/bridge/service_names.h */
export const SERVICE = 'SystemLogBridge';
/** native/core/pipe_names.h */
const PIPE_PREFIX = 'ProtectedPrefix\\Administrators\\SystemLog\\';
export const PIPES = [`${PIPE_PREFIX}auth`, `${PIPE_PREFIX}client`];
export const CLIENT_PIPE = `\\\\.\\pipe\\${PIPE_PREFIX}client`;
/** native/provider/filter_rule.h, `our_class_id` */
export const PROVIDER_CLASS = '{6E422B75-E4CF-4436-B8BF-5FFC23A07D79}';

const AUTHENTICATION = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication';
const WINDOWS_NT = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
const PROVIDER_KEY = `HKLM\\SOFTWARE\\Classes\\CLSID\\${PROVIDER_CLASS}\\InprocServer32`;
const EVENTS_EACH = 60;

const reg = (title: string, key: string, ...rest: string[]): Probe => ({
  title,
  program: 'reg',
  args: ['query', key, ...rest],
});
const service = (title: string, ...args: string[]): Probe => ({
  title,
  program: 'sc',
  args: [...args, SERVICE],
});
/** The newest events first. @param query XPath of the event log */
const events = (title: string, log: string, query: string): Probe => ({
  title,
  program: 'wevtutil',
  args: ['qe', log, `/q:${query}`, `/c:${EVENTS_EACH}`, '/rd:true', '/f:text'],
});
const powershell = (title: string, script: string): Probe => ({
  title,
  program: 'powershell',
  args: [
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    `[Console]::OutputEncoding=[Text.Encoding]::UTF8; ${script}`,
  ],
});
const ids = (...numbers: number[]): string => numbers.map((id) => `EventID=${id}`).join(' or ');

/**
 * @param programData the folder %ProgramData%
 * @param systemDrive such as `C:`
 */
export const sectionsFor = ({
  programData,
  systemDrive,
}: {
  programData: string;
  systemDrive: string;
}): Section[] => [
  {
    title: 'Windows',
    probes: [
      { title: 'version', program: 'cmd', args: ['/d', '/c', 'ver'] },
      // Value by value: the key also holds the product key.
      reg('display version', WINDOWS_NT, '/v', 'DisplayVersion'),
      reg('edition', WINDOWS_NT, '/v', 'EditionID'),
      reg('update revision', WINDOWS_NT, '/v', 'UBR'),
      { title: 'who runs this', program: 'whoami', args: ['/user'] },
      { title: 'sessions', program: 'quser', args: [] },
      { title: 'time source', program: 'w32tm', args: ['/query', '/status'] },
      reg(
        'secure boot',
        'HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State',
        '/v',
        'UEFISecureBootEnabled',
      ),
      { title: 'TPM', program: 'tpmtool', args: ['getdeviceinformation'] },
      { title: 'BitLocker (administrators only)', program: 'manage-bde', args: ['-status', systemDrive] },
      { title: 'sleep states', program: 'powercfg', args: ['/a'] },
      { title: 'domain and Entra', program: 'dsregcmd', args: ['/status'] },
    ],
  },
  {
    title: 'Sign-in',
    probes: [
      reg('our class', PROVIDER_KEY),
      reg('credential providers', `${AUTHENTICATION}\\Credential Providers`, '/s'),
      reg('filters', `${AUTHENTICATION}\\Credential Provider Filters`, '/s'),
      reg('our settings', 'HKLM\\SOFTWARE\\SystemLog', '/s'),
      reg('sign-in policies', 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System'),
      // This value alone: the key may hold a password in clear.
      reg('automatic sign-in', `${WINDOWS_NT}\\Winlogon`, '/v', 'AutoAdminLogon'),
      powershell(
        'version and signature of the DLL',
        `$f=(Get-Item 'Registry::${PROVIDER_KEY.replace('HKLM', 'HKEY_LOCAL_MACHINE')}').GetValue(''); ` +
          '(Get-Item $f).VersionInfo | Format-List FileName,FileVersion,ProductVersion; ' +
          'Get-AuthenticodeSignature $f | Format-List Status,StatusMessage; (Get-FileHash $f).Hash -split "(.{8})" -ne "" -join " "',
      ),
    ],
  },
  {
    title: 'Bridge',
    probes: [
      service('settings of the service', 'qc'),
      service('state', 'queryex'),
      service('what follows its failures', 'qfailure'),
      service('who may do what with it', 'sdshow'),
      reg(
        'texts of its events',
        `HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\${SERVICE}`,
      ),
      powershell(
        'version, signature, memory',
        `$s=Get-CimInstance Win32_Service -Filter "Name='${SERVICE}'"; $f=($s.PathName -replace '^"?(.*?\\.exe).*$','$1'); ` +
          '(Get-Item $f).VersionInfo | Format-List FileName,FileVersion,ProductVersion; ' +
          'Get-AuthenticodeSignature $f | Format-List Status,StatusMessage; ' +
          'Get-Process -Id $s.ProcessId | Format-List StartTime,PrivateMemorySize64,Threads,HandleCount',
      ),
      { title: 'who may read its files', program: 'icacls', args: [`${programData}\\SystemLog`, '/t', '/c'] },
    ],
  },
  {
    title: 'Event logs, newest first',
    probes: [
      events(
        'bridge and tile',
        'Application',
        `*[System[Provider[@Name='${SERVICE}' or @Name='SystemLog']]]`,
      ),
      events(
        'sign-ins and sign-offs (Winlogon)',
        'System',
        `*[System[Provider[@Name='Microsoft-Windows-Winlogon'] and (${ids(7001, 7002)})]]`,
      ),
      events('starts and ends', 'System', `*[System[(${ids(41, 1074, 6005, 6006, 6008)})]]`),
      events(
        'sleep',
        'System',
        `*[System[Provider[@Name='Microsoft-Windows-Kernel-Power'] and (${ids(42, 107, 506, 507)})]]`,
      ),
      events(
        'clock changes',
        'System',
        `*[System[Provider[@Name='Microsoft-Windows-Kernel-General'] and (EventID=1)]]`,
      ),
      events(
        'crashes of LogonUI and of ours',
        'Application',
        "*[System[Provider[@Name='Application Error']] and EventData[Data='LogonUI.exe' or Data='bridge.exe']]",
      ),
    ],
  },
];
