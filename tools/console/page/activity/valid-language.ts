/**
 * Chromium takes `navigator.language` from the system, and some have none that JavaScript knows, such as
 * `en-US@posix`. uPlot makes a number format of it as soon as it is loaded: it, and the page with it,
 * would fail.
 */
try {
  new Intl.Locale(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en' });
}
