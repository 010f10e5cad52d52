// 한국어: 책상 옆에서 돕는 것(비슷한 항목)과 이름으로만 부를 수 있는 것.
import type { comfort as en } from "./comfort.en";

export const comfort: typeof en = {
  similar: {
    tab: "비슷한 것",
    show: "승인된 비슷한 항목 보기",
    takeNext: "비슷한 항목의 글 가져오기",
    lead: "이와 비슷한 요청에 사람이 내보낸 글이에요. 가장 비슷한 것부터 보여요.",
    loading: "비슷한 항목을 찾고 있어요",
    noItem: "책상에 항목이 없어요.",
    none: "이와 비슷한 것을 사람이 내보낸 적이 아직 없어요.",
    round: "키를 누를 때마다 다음 글로 넘어가고, 마지막 다음에는 내 글로 돌아와요.",
    textOf: (n) => `비슷한 항목 ${n}의 글`,
    take: "편집기로",
    takeOf: (n) => `비슷한 항목 ${n}의 글을 편집기에 넣기`,
    alike: (share) => `${share} 비슷함`,
    verdicts: { approve: "초안 그대로", edit: "고침", reject: "반려" },
    taken: (n, of) => `비슷한 항목 ${of}개 중 ${n}번째 글이 편집기에 있어요.`,
    own: "내 글이 다시 편집기에 있어요.",
    nothing: "이와 비슷한 것을 사람이 내보낸 적이 아직 없어요.",
  },
  history: {
    show: "이 항목에 있었던 일 보기",
    empty: "아직 아무 일도 없었어요.",
    verdicts: { approve: "승인", edit: "고쳐서 승인", reject: "반려" },
  },
  commands: {
    textView: "글 보기",
    notices: "알림 보기",
  },
  zoom: {
    larger: "모두 크게 보기",
    smaller: "모두 작게 보기",
    reset: "원래 크기로 보기",
    now: (percent) => `${percent}% 크기로 보여요`,
  },
  keySheet: {
    fields: "글을 쓰는 칸에서",
    dialogs: "초안을 반려할 때",
    approve: "칸의 글을 승인",
    leave: "칸에서 나오기, 글은 남아요",
    reasons: "이유 고르기, 다시 누르면 빼기",
    confirm: "확인",
    close: "아무것도 하지 않고 닫기",
  },
};
