// 한국어: 승인된 글이 저절로 가는 곳, 도착 여부, 요청이 들어오는 폴더.
import type { inAndOut as en } from "./in-and-out.en";

const n = (x: number) => x.toLocaleString("ko");

export const inAndOut: typeof en = {
  folders: "요청이 들어오는 폴더",
  foldersLead:
    "CSV, JSON Lines, 일반 텍스트, 이메일(.eml) 파일을 2초 동안 바뀌지 않으면 읽어요. 읽은 파일은 보고서와 함께 done 또는 rejected 폴더로 옮겨요.",
  noFolders: "지켜보는 폴더가 없어요. 요청은 데이터 화면의 가져오기로 들어와요.",
  folderPath: "폴더",
  field: "글이 들어갈 필드",
  fieldHelp: "표에는 이 이름의 열이 있어야 해요.",
  watch: "이 폴더 지켜보기",
  watched: "폴더를 지켜보고 있어요",
  leave: (path) => `${path} 그만 지켜보기`,
  left: "폴더를 더 지켜보지 않아요. 안에 있는 파일은 그대로예요.",
  counts: (files, taken, known, rejected) =>
    `파일 ${n(files)}개: 접수 ${n(taken)}건, 이미 있음 ${n(known)}건, 거절 ${n(rejected)}건`,
  nothingYet: "아직 읽은 파일이 없어요.",
  skipped: (x) => `읽지 않은 파일 ${n(x)}개`,
  sinks: "승인된 글이 가는 곳",
  sinksLead: "‘하는 일’에서 정한 곳과 도착 여부예요.",
  noSinks: "승인된 글은 Gait 안에 있어요. ‘하는 일’에서 보낼 곳을 추가하세요.",
  state: (waiting, failing, dead) => {
    const parts = [`대기 ${n(waiting)}건`];
    if (failing > 0) parts.push(`다시 시도 중 ${n(failing)}건`);
    if (dead > 0) parts.push(`확인 필요 ${n(dead)}건`);
    return parts.join(" · ");
  },
  removed: "이 업무에서 뺀 곳이지만 아직 가는 중인 글이 있어요.",
  off: (why) => `꺼짐: ${why}. 시험 전송이나 다시 시도를 하면 켜져요.`,
  test: "시험 전송",
  testArrived: "시험 글이 도착했어요",
  testFailed: (why) => `시험 글이 도착하지 않았어요: ${why}`,
  secret: "비밀 키 보기",
  secretHelp:
    "받는 쪽은 이 키로 webhook-signature 헤더를 확인해요(Standard Webhooks, HMAC-SHA256). 비밀번호처럼 보관하세요.",
  secretChange: "새 비밀 키",
  secretUntil: (when) => `${when}까지는 이전 키로도 서명해요.`,
  secretHide: "숨기기",
  copy: "복사",
  copied: "복사했어요",
  failing: "도착하지 않은 글",
  failingLead: "저절로 다시 시도하는 글과 확인이 필요한 글이에요.",
  nothingFails: "모든 글이 도착했거나 가는 중이에요.",
  again: "다시 시도",
  allAgain: "모두 다시 시도",
  tried: (x) => `글 ${n(x)}건을 다시 시도했어요`,
  item: (id) => `요청 ${id}`,
  attempts: (x) => `${n(x)}번 시도`,
  next: (when) => `다음 시도 ${when}`,
  states: {
    none: "전달할 것 없음",
    waiting: "대기",
    sending: "전달 중",
    done: "전달함",
    failed: "다시 시도 중",
    dead: "확인 필요",
  },
  deliveries: "전달",
  webhookPath: "주소",
  webhookHelp: "https://로 시작하고, 설정의 목록에 있어야 해요.",
  commandPath: "프로그램과 인수, 한 줄에 하나",
  commandHelp: "글은 표준 입력으로 들어가요. 프로그램은 설정의 목록에 있어야 해요.",
  allowed: "글이 나갈 수 있는 곳",
  allowedLead: "웹훅과 명령은 여기 있는 곳으로만 가요. 이 컴퓨터와 내부망의 주소는 숫자로 적어야 열려요.",
  allowedWebhooks: "주소의 앞부분, 한 줄에 하나",
  allowedCommands: "프로그램의 전체 경로, 한 줄에 하나",
  allowedSave: "목록 저장",
  allowedSaved: "목록을 저장했어요",
  allowedFor: "관리자만 바꿀 수 있어요.",
};
