/**
 * Preloaded into the parts of the demo: when whoever started them is gone, however it went, their standard input ends, and
 * they end as if asked to.
 */
process.stdin.on('error', () => {}).on('end', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
if ('unref' in process.stdin) process.stdin.unref();
