/**
 * Chromium takes `navigator.language` from the system. JavaScript does not know every such
 * language, such as `en-US@posix`. uPlot makes a number format of it while loading, which would
 * stop the page.
 */
try {
  new Intl.Locale(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en' });
}
