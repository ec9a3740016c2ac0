// Before uPlot.
import './valid-language.ts';
import 'uplot/dist/uPlot.min.css';

export { default as uPlot } from 'uplot';
