// How Chromium is started: Debian's, as whoever runs the tests, without calls home.
export const chromium = {
  browserName: "chromium" as const,
  locale: "en-GB",
  timezoneId: "UTC",
  launchOptions: {
    executablePath: process.env.STOWAGE_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
};
