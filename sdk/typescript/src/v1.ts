/** Generated protocol types, `liveproof.v1`; made by `npm run generate`. */
export * from "./gen/liveproof/v1/challenge_pb.js";
export * from "./gen/liveproof/v1/info_pb.js";
export * from "./gen/liveproof/v1/interview_pb.js";
export * from "./gen/liveproof/v1/media_pb.js";
export * from "./gen/liveproof/v1/result_pb.js";
export * from "./gen/liveproof/v1/review_pb.js";
export * from "./gen/liveproof/v1/web_pb.js";
