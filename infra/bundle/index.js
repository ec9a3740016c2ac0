import { nodeModules } from './node-modules.js';
import { replacements } from './replacements.js';

/** What esbuild needs beyond YAML to make the functions' bundles small and quick to load. */
export default [nodeModules(), replacements()];
