/** Writes native/test/vectors/http-signature.json. Run by hand when the profile of contract/http-signature.ts changes. */
import { writeFileSync } from 'node:fs';
import { signatureVectors, signBase, vectorFile } from './signature-vectors.ts';

const { publicKey, device, requests } = signatureVectors();
const content = {
  about:
    'contract/http-signature.ts; written by test/bridge/write-signature-vectors.ts, checked by C++ and TypeScript.',
  publicKey,
  device,
  requests: requests.map((request) => ({ ...request, signature: signBase(request.base) })),
};
writeFileSync(vectorFile, `${JSON.stringify(content, null, 2)}\n`);
