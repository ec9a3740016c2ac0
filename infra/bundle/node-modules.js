import { builtinModules } from 'node:module';

const NAME = /^[A-Za-z_$][\w$]*$/;

/**
 * esbuild: takes Node's own modules from `process.getBuiltinModule` instead of importing them.
 *
 * An import of one reads every export of it at once, and some of them load much more: `node:http`
 * brings undici along, for its WebSocket, which is a fifth of a cold start. Here, only what the code
 * names is read. CommonJS parts of a bundle need no `require` for Node's modules, either.
 *
 * @returns {import('esbuild').Plugin}
 */
export function nodeModules() {
  return {
    name: 'node-modules',
    setup(build) {
      build.onResolve({ filter: /^[\w:/]+$/ }, ({ path, kind }) => {
        const name = path.replace(/^node:/, '');
        if (!builtinModules.includes(name)) return undefined;
        const isStatic = kind === 'import-statement';
        return { path: name, namespace: isStatic ? 'node-import' : 'node-require' };
      });
      build.onLoad({ filter: /.*/, namespace: 'node-import' }, ({ path }) => ({
        contents: importable(path),
      }));
      build.onLoad({ filter: /.*/, namespace: 'node-require' }, ({ path }) => ({
        contents: `module.exports = ${builtin(path)};`,
      }));
    },
  };
}

function builtin(name) {
  return `process.getBuiltinModule('node:${name}')`;
}

/** Each export by itself, and marked as pure, so that esbuild leaves out what no code names. */
function importable(name) {
  const names = Object.getOwnPropertyNames(process.getBuiltinModule(name)).filter(
    (key) => NAME.test(key) && key !== 'default',
  );
  return [
    `const all = /* @__PURE__ */ ${builtin(name)};`,
    'const one = (key) => all[key];',
    'export default all;',
    ...names.map(
      (key) => `const $${key} = /* @__PURE__ */ one('${key}'); export { $${key} as ${key} };`,
    ),
  ].join('\n');
}
