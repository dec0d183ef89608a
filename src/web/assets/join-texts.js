// Texts of the candidate's page in English and German. An entry of an array is an item of a list.

const EN = {
  title: "Your interview",
  skip: "Skip to the content",
  intro: "You were invited to a video interview. Whoever invited you uses liveproof, which assesses how authentic picture and sound are. Please read this first: nothing is switched on, sent or measured before you agree.",
  sentHead: "What is sent",
  sent: [
    "Pictures of your camera (15 a second, 640 pixels wide) and the sound of your microphone, to the server of whoever invited you.",
    "From the moment you start until you leave, or the host ends the interview. You can leave at any time.",
  ],
  measuredHead: "What is measured",
  measured: [
    "Whether lips and voice go together in time.",
    "Fine structure of the picture around the face, where a face painted by a computer leaves traces.",
    "Pauses between a question and your answer.",
    "What the picture shows while you do something that you were asked for, such as passing a hand before your face.",
    "How good picture and sound are. That decides what can be measured; it is never held against you.",
  ],
  notHead: "What is not",
  not: [
    "Not who you are: your face and voice are not compared with those of other people.",
    "Not what you say, feel, think or intend, and nothing about your health or personality.",
    "Poor light, a slow connection, a headset, an accent or a stammer are not held against you.",
  ],
  keptHead: "What is kept",
  kept: [
    "No picture and no sound: they are measured in the server's memory and then gone.",
    "Results, in figures and sentences, go to the host, who may keep them. For a later interview of yours, the server may hold averages of figures in its memory for a limited time; no picture can be made of them.",
  ],
  whoHead: "Who decides",
  who: "A person. What liveproof says is an assessment of picture and sound, with stated limits, and no decision about you may rest on it alone. You may ask the host for the results and contest them.",
  askHead: "What you may be asked to do",
  ask: "During the interview a request may fill this page, with the reason why we ask. You may decline each one with a button below it; that is not held against you. What you tick here is never asked of you:",
  optHands: "Moving a hand before the face",
  optHead: "Turning the head",
  optBody: "Leaning forward",
  optVoice: "Speaking given words",
  optFlashes: "A screen that changes its colour (at most twice a second)",
  agree: "I agree, continue",
  disagree: "If you do not agree, close this page and ask for an interview by another way.",
  devicesHead: "Camera and microphone",
  devicesIntro: "Only you see this picture so far. Sit so that your whole face is in it, with light from the front.",
  camera: "Camera",
  microphone: "Microphone",
  noMicrophone: "No microphone (pictures only)",
  level: "Sound level",
  levelHint: "Say something: the bar should move.",
  start: "Start: send picture and sound",
  unnamed: "Device",
  connecting: "Connecting …",
  live: "Connected: picture and sound are being sent",
  liveSilent: "Connected: pictures are being sent, without sound",
  away: "The connection was lost. Trying again; you need not do anything.",
  hidden: "This page was not in view, so no pictures could be sent. Please keep it in view.",
  slow: "The connection is slow: some pictures were left out. That is not held against you.",
  sentCount: "{pictures} pictures sent, {mb} MB",
  stayHead: "While the interview runs",
  stay: "Keep this page in view. If you are asked to do something, it will fill this page, with the reason why. You may decline.",
  leave: "Leave the interview",
  leaveSure: "Really leave? The interview ends for you.",
  leaveYes: "Yes, leave",
  leaveNo: "Stay",
  notices: "About your picture and sound",
  noNotices: "Nothing to report.",
  NOTICE_KIND_NO_FACE: "Your face cannot be seen. Please move into the picture.",
  NOTICE_KIND_FRAME_RATE: "Fewer pictures arrive than expected. Close other programs that use the camera, if there are any.",
  NOTICE_KIND_MEDIA_DROPPED: "The server could not take everything; some pictures were left out. That is not held against you.",
  NOTICE_KIND_MEDIA_LOST: "Some pictures or some sound were lost on the way. That is not held against you.",
  NOTICE_KIND_DRAINING: "The server is about to stop; the interview may end.",
  request: "A request",
  whyWeAsk: "Why we ask",
  timeLeft: "{s} seconds left",
  noHurry: "No hurry: the time begins when you have seen this.",
  getReady: "In a moment your screen will change its colour slowly.",
  decline: "I would rather not",
  cannot: "I cannot do this: ask me something else",
  declineNote: "Both are fine and are not held against you.",
  alternativeHead: "If you cannot do this",
  thanks: "Thank you.",
  thanksDeclined: "That is fine. Nothing is held against you.",
  requests: "Requests so far",
  requestAt: "{time}: {what}",
  answered: "shown",
  declinedWord: "declined",
  overHead: "The interview is over",
  over: "Camera and microphone are switched off, and nothing is sent any more. You can close this page.",
  overReason: "Reason: {reason}",
  troubleHead: "This did not work",
  noInvitation: "The link is incomplete: the invitation after “#” is missing. Please open the whole link that you were given.",
  insecure: "The browser gives camera and microphone only to pages that were opened over https. Please ask the host for such a link.",
  old: "This browser lacks something that the page needs. A recent Chrome, Edge, Firefox or Safari has it.",
  noDevices: "Camera or microphone could not be opened: {detail}. Please allow them in the browser, or choose others.",
  lostDevice: "The camera was unplugged or switched off. Load this page again to choose another.",
  unknown: "This invitation is not valid (any more). Please ask the host for a new link.",
  failed: "The interview cannot go on: {detail}",
  theme: "Light or dark",
};

const DE = {
  title: "Ihr Interview",
  skip: "Zum Inhalt springen",
  intro: "Sie wurden zu einem Video-Interview eingeladen. Wer Sie eingeladen hat, benutzt liveproof; das schätzt ein, wie echt Bild und Ton sind. Bitte lesen Sie dies zuerst: Bevor Sie zustimmen, wird nichts eingeschaltet, gesendet oder gemessen.",
  sentHead: "Was gesendet wird",
  sent: [
    "Bilder Ihrer Kamera (15 in der Sekunde, 640 Pixel breit) und der Ton Ihres Mikrofons, an den Server dessen, der Sie eingeladen hat.",
    "Von Ihrem Start an, bis Sie gehen oder der Gastgeber das Interview beendet. Sie können jederzeit gehen.",
  ],
  measuredHead: "Was gemessen wird",
  measured: [
    "Ob Lippen und Stimme zeitlich zusammenpassen.",
    "Die feine Struktur des Bildes um das Gesicht, in der ein vom Computer gemaltes Gesicht Spuren hinterlässt.",
    "Pausen zwischen einer Frage und Ihrer Antwort.",
    "Was das Bild zeigt, während Sie etwas tun, worum Sie gebeten wurden, etwa eine Hand vor dem Gesicht vorbeiführen.",
    "Wie gut Bild und Ton sind. Davon hängt ab, was sich messen lässt; es wird Ihnen nie angelastet.",
  ],
  notHead: "Was nicht",
  not: [
    "Nicht, wer Sie sind: Gesicht und Stimme werden nicht mit denen anderer Menschen verglichen.",
    "Nicht, was Sie sagen, fühlen, denken oder vorhaben, und nichts über Gesundheit oder Persönlichkeit.",
    "Schlechtes Licht, eine langsame Verbindung, ein Headset, ein Akzent oder Stottern werden Ihnen nicht angelastet.",
  ],
  keptHead: "Was aufbewahrt wird",
  kept: [
    "Kein Bild und kein Ton: Sie werden im Speicher des Servers gemessen und sind dann fort.",
    "Ergebnisse in Zahlen und Sätzen gehen an den Gastgeber, der sie behalten darf. Für ein späteres Interview mit Ihnen kann der Server Mittelwerte von Zahlen für begrenzte Zeit im Speicher halten; ein Bild lässt sich daraus nicht machen.",
  ],
  whoHead: "Wer entscheidet",
  who: "Ein Mensch. Was liveproof sagt, ist eine Einschätzung von Bild und Ton mit benannten Grenzen, und keine Entscheidung über Sie darf allein darauf beruhen. Sie dürfen beim Gastgeber nach den Ergebnissen fragen und ihnen widersprechen.",
  askHead: "Worum Sie gebeten werden können",
  ask: "Während des Interviews kann eine Bitte diese Seite füllen, mit dem Grund, warum wir bitten. Sie dürfen jede mit einer Taste darunter ablehnen; das wird Ihnen nicht angelastet. Was Sie hier ankreuzen, wird von Ihnen nie verlangt:",
  optHands: "Eine Hand vor dem Gesicht bewegen",
  optHead: "Den Kopf drehen",
  optBody: "Sich vorbeugen",
  optVoice: "Vorgegebene Wörter sprechen",
  optFlashes: "Ein Bildschirm, der seine Farbe wechselt (höchstens zweimal in der Sekunde)",
  agree: "Ich stimme zu, weiter",
  disagree: "Wenn Sie nicht zustimmen, schließen Sie diese Seite und bitten Sie um ein Interview auf anderem Weg.",
  devicesHead: "Kamera und Mikrofon",
  devicesIntro: "Dieses Bild sehen bisher nur Sie. Setzen Sie sich so, dass Ihr ganzes Gesicht zu sehen ist, mit Licht von vorn.",
  camera: "Kamera",
  microphone: "Mikrofon",
  noMicrophone: "Kein Mikrofon (nur Bilder)",
  level: "Tonpegel",
  levelHint: "Sagen Sie etwas: Der Balken sollte sich bewegen.",
  start: "Start: Bild und Ton senden",
  unnamed: "Gerät",
  connecting: "Verbindung wird aufgebaut …",
  live: "Verbunden: Bild und Ton werden gesendet",
  liveSilent: "Verbunden: Bilder werden gesendet, ohne Ton",
  away: "Die Verbindung ist abgerissen. Es wird weiter versucht; Sie müssen nichts tun.",
  hidden: "Diese Seite war nicht zu sehen, deshalb konnten keine Bilder gesendet werden. Bitte lassen Sie sie sichtbar.",
  slow: "Die Verbindung ist langsam: Einige Bilder wurden ausgelassen. Das wird Ihnen nicht angelastet.",
  sentCount: "{pictures} Bilder gesendet, {mb} MB",
  stayHead: "Während das Interview läuft",
  stay: "Lassen Sie diese Seite sichtbar. Wenn Sie um etwas gebeten werden, füllt es diese Seite, mit dem Grund dafür. Sie dürfen ablehnen.",
  leave: "Interview verlassen",
  leaveSure: "Wirklich gehen? Das Interview endet dann für Sie.",
  leaveYes: "Ja, verlassen",
  leaveNo: "Bleiben",
  notices: "Zu Ihrem Bild und Ton",
  noNotices: "Nichts zu melden.",
  NOTICE_KIND_NO_FACE: "Ihr Gesicht ist nicht zu sehen. Bitte rücken Sie ins Bild.",
  NOTICE_KIND_FRAME_RATE: "Es kommen weniger Bilder an als erwartet. Schließen Sie andere Programme, die die Kamera benutzen, falls es welche gibt.",
  NOTICE_KIND_MEDIA_DROPPED: "Der Server konnte nicht alles annehmen; einige Bilder wurden ausgelassen. Das wird Ihnen nicht angelastet.",
  NOTICE_KIND_MEDIA_LOST: "Einige Bilder oder etwas Ton gingen unterwegs verloren. Das wird Ihnen nicht angelastet.",
  NOTICE_KIND_DRAINING: "Der Server wird gleich angehalten; das Interview kann enden.",
  request: "Eine Bitte",
  whyWeAsk: "Warum wir bitten",
  timeLeft: "noch {s} Sekunden",
  noHurry: "Keine Eile: Die Zeit beginnt, wenn Sie dies gesehen haben.",
  getReady: "Gleich wechselt Ihr Bildschirm langsam seine Farbe.",
  decline: "Das möchte ich nicht",
  cannot: "Das kann ich nicht: bitte etwas anderes",
  declineNote: "Beides ist in Ordnung und wird Ihnen nicht angelastet.",
  alternativeHead: "Wenn Sie das nicht können",
  thanks: "Vielen Dank.",
  thanksDeclined: "Das ist in Ordnung. Es wird Ihnen nicht angelastet.",
  requests: "Bisherige Bitten",
  requestAt: "{time}: {what}",
  answered: "gezeigt",
  declinedWord: "abgelehnt",
  overHead: "Das Interview ist zu Ende",
  over: "Kamera und Mikrofon sind aus, und es wird nichts mehr gesendet. Sie können diese Seite schließen.",
  overReason: "Grund: {reason}",
  troubleHead: "Das hat nicht geklappt",
  noInvitation: "Der Link ist unvollständig: Die Einladung hinter „#“ fehlt. Bitte öffnen Sie den ganzen Link, den Sie bekommen haben.",
  insecure: "Der Browser gibt Kamera und Mikrofon nur Seiten, die über https geöffnet wurden. Bitte fragen Sie den Gastgeber nach einem solchen Link.",
  old: "Diesem Browser fehlt etwas, das die Seite braucht. Ein neuer Chrome, Edge, Firefox oder Safari hat es.",
  noDevices: "Kamera oder Mikrofon ließen sich nicht öffnen: {detail}. Bitte erlauben Sie sie im Browser, oder wählen Sie andere.",
  lostDevice: "Die Kamera wurde abgezogen oder ausgeschaltet. Laden Sie diese Seite neu, um eine andere zu wählen.",
  unknown: "Diese Einladung gilt nicht (mehr). Bitte fragen Sie den Gastgeber nach einem neuen Link.",
  failed: "Das Interview kann nicht weitergehen: {detail}",
  theme: "Hell oder dunkel",
};

const TEXTS = { en: EN, de: DE };
let current = EN;

export const languages = Object.keys(TEXTS);

// The first of the browser's languages that the page has, else English.
export function preferred() {
  return navigator.languages.map((l) => l.slice(0, 2).toLowerCase()).find((l) => TEXTS[l]) ?? "en";
}

// Takes a language and writes it into everything that has data-t.
export function speak(language) {
  current = TEXTS[language] ?? EN;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-t]")) {
    const value = t(element.dataset.t);
    if (!Array.isArray(value)) {
      element.textContent = value;
      continue;
    }
    element.replaceChildren(...value.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
  }
}

// A text with {names} filled in.
export function t(key, values = {}) {
  const text = current[key];
  if (typeof text !== "string") return text;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// A figure as the language writes it.
export function number(value, digits = 0) {
  return value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
