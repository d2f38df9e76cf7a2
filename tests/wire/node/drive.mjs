// Drives a running platform through IBM's own clients and prints what came of it as one JSON object.
import { IamAuthenticator } from 'ibm-cloud-sdk-core';
import IamIdentityV1 from '@ibm-cloud/platform-services/iam-identity/v1.js';

const { url, apikey, iam_id: iamId, account_id: accountId } = JSON.parse(process.env.PLATFORM);
const service = new IamIdentityV1({ authenticator: new IamAuthenticator({ apikey, url }), serviceUrl: url });

async function status(call) {
  try {
    return (await call).status;
  } catch (error) {
    return [error.status, error.message];
  }
}

const created = await service.createApiKey({ name: 'node', iamId, description: 'made by Node.js' });
const key = created.result;
const got = await service.getApiKey({ id: key.id, includeHistory: true, includeActivity: true });
const updated = await service.updateApiKey({ id: key.id, ifMatch: got.headers.etag, name: 'renamed' });
const listed = await service.listApiKeys({ accountId, pagesize: 1, sort: 'name', order: 'desc' });
const locked = await status(service.lockApiKey({ id: key.id }));
const refused = await status(service.deleteApiKey({ id: key.id }));
const unlocked = await status(service.unlockApiKey({ id: key.id }));
const disabled = await status(service.disableApiKey({ id: key.id }));
const enabled = await status(service.enableApiKey({ id: key.id }));
const details = await service.getApiKeysDetails({ iamApiKey: key.apikey });
const deleted = await status(service.deleteApiKey({ id: key.id }));
const gone = await status(service.getApiKey({ id: key.id }));

const dead = new IamIdentityV1({
  authenticator: new IamAuthenticator({ apikey: key.apikey, url }),
  serviceUrl: url,
});
const noToken = await status(dead.getApiKey({ id: key.id }));

console.log(
  JSON.stringify({
    created: created.status,
    length: key.apikey.length,
    etag: got.headers.etag === key.entity_tag,
    history: got.result.history.map((entry) => entry.action),
    renamed: updated.result.name,
    listed: [listed.result.apikeys.length, typeof listed.result.next],
    locked,
    refused: refused[0],
    unlocked,
    disabled,
    enabled,
    details: details.result.id === key.id,
    deleted,
    gone: gone[0],
    noToken,
  })
);
