/** `npm run token`: a new token for the webhook's URL, on a line of its own. */
import { randomBytes } from 'node:crypto';

console.log(randomBytes(24).toString('base64url'));
if (process.stdout.isTTY) {
  console.error('\nKeep it in .env, which is not committed:  WEBHOOK_TOKENS=<the token>');
  console.error(
    'To change the URL without a gap, put it behind the old one: WEBHOOK_TOKENS=old,new',
  );
}
