"""Terms and sources of the face nets, said in the manifest and in their cards."""

LICENCE = "MIT OR Apache-2.0"
DATA_TERMS = (
    "Fitted on third-party media: LFW, UTKFace and CIPLAB real faces (offered for research only), ASL clips "
    "(CC BY 4.0) and talking clips, several of unclear rights; distilled from mediapipe 0.10.21 (Apache-2.0) "
    "outputs. For clean terms retrain with models/train on media of your own.")
SOURCES = ["LFW deep-funneled", "UTKFace", "CIPLAB real and fake face detection (real part)", "ASL webcam clips",
           "public talking-head clips (GRID and demo clips of research repositories)", "teacher: mediapipe 0.10.21"]
ARTIFACT_TERMS = (
    "Fitted on third-party media: side-by-side clips of streamers and of real-time face swaps from the documentation of "
    "DeepFaceLive (repository GPL-3.0, rights in the pictures with their owners), ASL clips (CC BY 4.0), talking clips, "
    "several of unclear rights, and LFW, UTKFace and CIPLAB stills (offered for research only); for research. For clean "
    "terms retrain with models/train on media of your own.")
HAND_SOURCES = [*SOURCES[:-1], "teacher: mediapipe 0.10.21 (hand landmarks and face mesh)", "drawn hands (synth/hands.py)"]
