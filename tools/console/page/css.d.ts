/** A view imports its stylesheet, and `main.tsx` those that all views share; the build bundles them. */
declare module '*.css';
