// What tus-js-client does with a file: `node client.mjs '{"endpoint": "…", "headers": {…}, "file": "…", "way": "…"}'`.
//
// Prints one line of JSON when it is done, and ends with 1 when the client reports an error.

import { createReadStream, statSync } from "node:fs";
import { PassThrough } from "node:stream";
import { Upload } from "tus-js-client";

const { endpoint, headers, file, way } = JSON.parse(process.argv[2]);
const size = statSync(file).size;
const common = {
  endpoint,
  headers,
  metadata: { filename: `${way}.bin` },
  retryDelays: [0, 100, 200],
  storeFingerprintForResuming: false,
};

const ways = {
  // One request for the whole file.
  whole: (done) => upload(createReadStream(file), { uploadSize: size }, done),
  // Many requests, one after the other.
  chunked: (done) => upload(createReadStream(file), { uploadSize: size, chunkSize: 1 << 20 }, done),
  // The first bytes come with the creation.
  "with-creation": (done) =>
    upload(createReadStream(file), { uploadSize: size, uploadDataDuringCreation: true, chunkSize: 1 << 20 }, done),
  // Parts at the same time, put together at the end.
  parallel: (done) => upload(createReadStream(file), { parallelUploads: 4 }, done),
  // The length is said with the last request. Of a file the client would know it, of a pipe it does not.
  deferred: (done) => upload(createReadStream(file).pipe(new PassThrough()), { uploadLengthDeferred: true, chunkSize: 1 << 20 }, done),
  // Stopped after two chunks, and gone on with by another client that knows the address only.
  resumed: (done) => {
    const first = upload(createReadStream(file), {
      uploadSize: size,
      chunkSize: 1 << 20,
      onChunkComplete: (_, stored) => {
        if (stored < 2 << 20) return;
        first.abort().then(() =>
          upload(createReadStream(file), { uploadSize: size, uploadUrl: first.url, endpoint: null, chunkSize: 1 << 20 }, done),
        );
      },
    });
  },
  // Stopped and given up.
  terminated: (done) => {
    const first = upload(createReadStream(file), {
      uploadSize: size,
      chunkSize: 1 << 20,
      onChunkComplete: () => first.abort(true).then(() => done(first)),
    });
  },
};

function upload(source, options, done) {
  const upload = new Upload(source, {
    ...common,
    ...options,
    onError: (error) => {
      console.error(String(error));
      process.exit(1);
    },
    onSuccess: () => done?.(upload),
  });
  upload.start();
  return upload;
}

ways[way]((upload) => {
  console.log(JSON.stringify({ url: upload.url }));
  process.exit(0);
});
