// Service IDs, groups, profiles, preferences, settings, limits, reports and the empty lists, through IBM's own client.
import { IamAuthenticator } from 'ibm-cloud-sdk-core';
import IamIdentityV1 from '@ibm-cloud/platform-services/iam-identity/v1.js';

const { url, apikey, iam_id: iamId, account_id: accountId } = JSON.parse(process.env.PLATFORM);
const service = new IamIdentityV1({ authenticator: new IamAuthenticator({ apikey, url }), serviceUrl: url });
const seen = {};

async function called(name, call) {
  try {
    const answer = await call;
    seen[name] = answer.status;
    return answer;
  } catch (error) {
    seen[name] = [error.status, error.message];
    return { result: {}, headers: {} };
  }
}

const group = await called('createGroup', service.createServiceIdGroup({ accountId, name: 'node' }));
const id = group.result.id;
await called('listGroups', service.listServiceIdGroup({ accountId }));
await called('getGroup', service.getServiceIdGroup({ id }));
await called(
  'updateGroup',
  service.updateServiceIdGroup({ id, ifMatch: group.headers.etag, name: 'renamed' })
);

const made = await called(
  'createServiceId',
  service.createServiceId({ accountId, name: 'node', groupId: id, apikey: { name: 'its key' } })
);
const serviceId = made.result.id;
await called('listServiceIds', service.listServiceIds({ accountId, pagesize: 1 }));
const got = await called('getServiceId', service.getServiceId({ id: serviceId, includeActivity: true }));
await called(
  'updateServiceId',
  service.updateServiceId({ id: serviceId, ifMatch: got.headers.etag, description: 'from Node.js' })
);
await called('lockServiceId', service.lockServiceId({ id: serviceId }));
await called('unlockServiceId', service.unlockServiceId({ id: serviceId }));

const profile = await called('createProfile', service.createProfile({ name: 'node', accountId }));
const profileId = profile.result.id;
await called('listProfiles', service.listProfiles({ accountId }));
await called('getProfile', service.getProfile({ profileId }));
await called(
  'updateProfile',
  service.updateProfile({ profileId, ifMatch: profile.headers.etag, description: 'from Node.js' })
);
const conditions = [{ claim: 'name', operator: 'EQUALS', value: '"x"' }];
const rule = await called(
  'createRule',
  service.createClaimRule({ profileId, type: 'Profile-CR', crType: 'VSI', conditions })
);
const ruleId = rule.result.id;
await called('listRules', service.listClaimRules({ profileId }));
await called('getRule', service.getClaimRule({ profileId, ruleId }));
await called(
  'updateRule',
  service.updateClaimRule({ profileId, ruleId, ifMatch: '*', type: 'Profile-CR', crType: 'CE', conditions })
);
await called('deleteRule', service.deleteClaimRule({ profileId, ruleId }));
const crn = `crn:v1:staging:public:iam-identity::a/${accountId}::computeresource:x`;
const link = await called('createLink', service.createLink({ profileId, crType: 'VSI', link: { crn } }));
await called('listLinks', service.listLinks({ profileId }));
await called('getLink', service.getLink({ profileId, linkId: link.result.id }));
await called('deleteLink', service.deleteLink({ profileId, linkId: link.result.id }));
const identity = { identifier: iamId, type: 'user' };
await called(
  'setIdentities',
  service.setProfileIdentities({ profileId, ifMatch: '*', identities: [identity] })
);
await called('setIdentity', service.setProfileIdentity({ profileId, identityType: 'user', ...identity }));
const one = { profileId, identityType: 'user', identifierId: iamId };
await called('getIdentities', service.getProfileIdentities({ profileId }));
await called('getIdentity', service.getProfileIdentity(one));
await called('deleteIdentity', service.deleteProfileIdentity(one));

const settings = await called('getSettings', service.getAccountSettings({ accountId }));
await called(
  'updateSettings',
  service.updateAccountSettings({ accountId, ifMatch: settings.headers.etag, mfa: 'NONE' })
);
await called('effectiveSettings', service.getEffectiveAccountSettings({ accountId }));
await called('createReport', service.createReport({ accountId }));
await called('getReport', service.getReport({ accountId, reference: 'latest' }));
await called('limits', service.getAccountLimits({ accountId, profiles: 'true', apikeysPerIdentity: iamId }));
await called('bulkLimits', service.bulkListAccountEntityConsumption({ accountId, crLinksPerProfile: [profileId] }));
await called('mfaStatus', service.getMfaStatus({ accountId, iamId }));
await called('createMfaReport', service.createMfaReport({ accountId, type: 'mfa_status' }));
await called('getMfaReport', service.getMfaReport({ accountId, reference: 'latest' }));
const whose = { accountId, iamId: profile.result.iam_id };
const page = { ...whose, service: 'console', preferenceId: 'landing_page' };
await called('setPreference', service.updatePreferenceOnScopeAccount({ ...page, valueString: '/iam' }));
await called('getPreference', service.getPreferencesOnScopeAccount(page));
await called('listPreferences', service.getAllPreferencesOnScopeAccount(whose));
await called('deletePreference', service.deletePreferencesOnScopeAccount(page));
await called('profileTemplates', service.listProfileTemplates({ accountId }));
await called('settingsTemplates', service.listAccountSettingsTemplates({ accountId }));

await called('deleteProfile', service.deleteProfile({ profileId }));
await called('deleteServiceId', service.deleteServiceId({ id: serviceId }));
await called('deleteGroup', service.deleteServiceIdGroup({ id }));
console.log(JSON.stringify(seen));
