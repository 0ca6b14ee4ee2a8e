// SPDX-License-Identifier: LGPL-2.1-or-later

// What the <video> shows: its size, how many pictures so far, and the colours at these places of it.
function look(...places) {
  const video = document.querySelector("video");
  if (!video || !video.videoWidth)
    return {frames: 0};
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const picture = canvas.getContext("2d");
  picture.drawImage(video, 0, 0);
  return {
    size: [canvas.width, canvas.height], frames: video.getVideoPlaybackQuality().totalVideoFrames,
    colours: places.map(([x, y]) => [...picture.getImageData(x * canvas.width, y * canvas.height, 1, 1).data].slice(0, 3)),
  };
}

// Until it has shown n more.
async function showMore(n) {
  const wanted = look().frames + n;
  while (look().frames < wanted)
    await new Promise(requestAnimationFrame);
  return look();
}
