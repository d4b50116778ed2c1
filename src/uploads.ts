export type { Uploads, UploadsFacts } from './lib/server/uploads.ts';
export { type DirectoryUploadsOptions, type StoreUploadsOptions, uploads } from './lib/uploads/uploads.ts';
