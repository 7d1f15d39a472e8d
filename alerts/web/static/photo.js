// A photo made small on the phone: only its pixels go on, so that neither place nor time nor the phone's name leaves it (EXIF).
const LONG_SIDE = 1280;
const MOST_BYTES = 170_000;
const QUALITIES = [0.75, 0.6, 0.45, 0.3];

/** A JPEG as a Blob, the right way up. Throws where the file is no picture. */
export async function smallPhoto(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(64, Math.round(picture.width * scale));
    canvas.height = Math.max(64, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await small(canvas);
  } finally {
    picture.close();
  }
}

async function small(canvas) {
  let blob = null;
  for (const quality of QUALITIES) {
    blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (!blob) throw new Error("no picture");
    if (blob.size <= MOST_BYTES) break;
  }
  return blob;
}

/** A name for it that nobody else makes up: sent again it is the same photo. randomUUID is there on https only. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** As the server takes it. */
export async function asBase64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
