import { EVERYTHING } from './compiled-template.ts';
import { read } from './documented-commands.ts';
import {
  type DocumentedStatement,
  documentedStatements,
  type Place,
  policyOf,
} from './documented-policies.ts';
import { evaluateIam, type IamRequest } from './evaluate-iam.ts';

export const DOCUMENT = 'docs/permissions.md';

/** Each role's policy in docs/permissions.md, and the additions for a customer's key and domain. */
export type RolePolicies = Readonly<
  Record<Role, { readonly policy: DocumentedStatement[]; readonly more: DocumentedStatement[] }>
>;

const ROLES = ['reader', 'operator', 'deployer'] as const;
export type Role = (typeof ROLES)[number];

/** A role's heading. */
export const headingOf = (role: Role) => `${role.charAt(0).toUpperCase()}${role.slice(1)}`;

/** @throws {Error} If a role does not have exactly two blocks. */
export async function rolePolicies(place: Place): Promise<RolePolicies> {
  const values = { KEY_ARN: EVERYTHING.kmsKeyArn, ZONE_ID: EVERYTHING.hostedZoneId };
  const entries = ROLES.map(async (role) => {
    const heading = `## ${headingOf(role)}`;
    const [policy, more, ...others] = await documentedStatements(DOCUMENT, heading, place, values);
    if (!policy || !more || others.length > 0) throw new Error(`${heading} has not two policies`);
    return [role, { policy, more }] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as RolePolicies;
}

/** The rows of the table below a heading: each cell's texts in backticks, and its text. */
export function tableBelow(
  heading: string,
): { readonly code: string[]; readonly text: string }[][] {
  const [, section = ''] = read(DOCUMENT).split(`\n${heading}\n`);
  const [body = ''] = section.split(/^## /m);
  return [...body.matchAll(/^\| (.+) \|$/gm)]
    .map(([, row = '']) => row.split(' | '))
    .filter(([first = '']) => first.includes('`'))
    .map((cells) =>
      cells.map((cell) => ({
        code: [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
        text: cell.trim(),
      })),
    );
}

/** The role for each command in docs/permissions.md. */
export function documentedRoles(): ReadonlyMap<string, string> {
  return new Map(
    tableBelow('## Commands').flatMap(([commands, role]) =>
      (commands?.code ?? []).map((command) => [command, role?.text ?? ''] as const),
    ),
  );
}

/**
 * The uses that a deployer would be refused, also with a customer's key and domain. `remove` asks ECR for a
 * repository of images, and takes a refusal for an answer that there is none.
 */
export async function refusedToDeployer(
  uses: readonly Omit<IamRequest, 'principal'>[],
  place: Place,
): Promise<readonly object[]> {
  const { policy, more } = (await rolePolicies(place)).deployer;
  const identity = [policyOf([...policy, ...more])];
  const principal = `arn:${place.partition}:iam::${place.account}:user/deployer`;
  return uses
    .filter(({ action }) => action !== 'ecr:DescribeRepositories')
    .filter((use) => evaluateIam({ principal, ...use }, { identity }) !== 'allowed');
}
