/**
 * A filter policy in a few words: `sms_number: +61491570156 or 5 more`. A number of settings.yml has a rule
 * for each of its spellings.
 */
export function filterText(policy: Readonly<Record<string, unknown>>): string {
  const rules = Object.entries(policy).map(([name, rule]) => {
    const [first, ...others] = Array.isArray(rule) ? rule : [rule];
    const text = typeof first === 'string' ? first : JSON.stringify(first);
    return `${name}: ${text}${others.length > 0 ? ` or ${others.length} more` : ''}`;
  });
  return rules.join(', ');
}
