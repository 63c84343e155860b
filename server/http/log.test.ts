import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';
import { startServer } from './server.test-support.ts';

describe('the log', () => {
  it('blots out tokens and signatures, wherever they slipped in', () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => lines.push(line) });
    const secrets = { accessToken: 'S3CRET', token: 'S3CRET', deviceSecret: 'S3CRET', signature: 'S3CRET' };
    const headers = { authorization: 'S3CRET', signature: 'S3CRET', 'signature-input': 'S3CRET' };
    log.info({ ...secrets, body: secrets, headers, req: { headers, method: 'GET' } }, 'said too much');
    expect(lines.join()).not.toContain('S3CRET');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'said too much', req: { method: 'GET' } });
  });

  it('has one line for each request, with its route and code, and no secret of it', async () => {
    const { app, logged } = await startServer();
    await app.inject({ url: '/v1/me?x=1', headers: { authorization: `Bearer ${'s'.repeat(43)}` } });
    await expect.poll(() => logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({
      msg: 'Answered',
      method: 'GET',
      path: '/v1/me',
      status: 401,
      problem: 'token-invalid',
    });
    expect(JSON.stringify(logged)).not.toContain('sssss');
  });
});
