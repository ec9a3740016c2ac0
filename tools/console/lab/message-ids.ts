/** The id as the service keeps it: lib/messages/sms-message.ts has a UUID in lower case. Nothing if it is none. */
export function keptId(id: string): string | undefined {
  if (!/^[\x21-\x7e]{1,128}$/.test(id)) return undefined;
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id) ? id.toLowerCase() : id;
}
