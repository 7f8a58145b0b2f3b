import { require } from 'tsx/cjs/api';

require('./shared-reader.ts', import.meta.url);
