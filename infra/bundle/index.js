import { nodeModules } from './node-modules.js';
import { replacements } from './replacements.js';
import { sourceMaps } from './source-maps.js';

/** What esbuild needs beyond YAML to make the functions' bundles small and quick to load, and their maps. */
export default [nodeModules(), replacements(), sourceMaps()];
