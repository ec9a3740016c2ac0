/**
 * Runs on `npm start`. It is JavaScript, because the Node that runs it may be too old for TypeScript: npm
 * uses the user's own Node if the project's is not installed, as after `npm ci --ignore-scripts`.
 */
const isNewEnough = Number.parseInt(process.versions.node, 10) >= 24 && process.features.typescript;
if (isNewEnough) await import('./start.ts');
else {
  console.error(
    `npm start needs the Node that the project installs, and Node ${process.versions.node} runs it. Run \`npm rebuild node\`: an install without scripts leaves it out.`,
  );
  process.exitCode = 1;
}
