/**
 * Removes each `DependsOn` that a reference implies: serverless writes some, and cfn-lint warns of
 * them (W3005).
 *
 * @param {{ Resources: Record<string, { DependsOn?: string | string[] }> }} template Is changed.
 */
export function dropImpliedDependencies({ Resources }) {
  for (const resource of Object.values(Resources)) {
    if (!resource.DependsOn) continue;
    const { DependsOn, ...rest } = resource;
    const implied = referencesIn(rest);
    const needed = [DependsOn].flat().filter((id) => !implied.has(id));
    if (needed.length > 0) resource.DependsOn = needed;
    else delete resource.DependsOn;
  }
}

/**
 * The resources that an expression refers to.
 *
 * @param {unknown} value
 * @returns {Set<string>}
 */
function referencesIn(value) {
  const found = new Set();
  JSON.stringify(value, (key, argument) => {
    if (key === 'Ref') found.add(argument);
    if (key === 'Fn::GetAtt') found.add([argument].flat()[0].split('.')[0]);
    if (key === 'Fn::Sub') {
      for (const [, id] of String([argument].flat()[0]).matchAll(/\$\{([A-Za-z0-9]+)/g))
        found.add(id);
    }
    return argument;
  });
  return found;
}
