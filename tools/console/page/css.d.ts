/** A component imports the CSS that it needs; the build bundles it. */
declare module '*.css';
