"""Renders chat templates with transformers' own `render_jinja_template`; never with this engine.

    pip install transformers==5.23.0 jinja2==3.1.6 && python make.py [FOLDER [OUTPUT]]

Without arguments the templates in `templates/` become `rendered.json`. They are written for this test after the families
whose names they bear: the same constructs and control tokens, not the makers' words. With a folder of `*.jinja` files
(such as llama.cpp's `models/templates`) and an output, the ignored test `templates_of_another_folder_render_alike` compares
those: `GAIT_CHAT_TEMPLATES=OUTPUT cargo test -p gait-engine --lib another_folder -- --ignored`.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

import transformers
from transformers.utils import chat_template_utils as hugging_face

HERE = Path(__file__).parent
BOS, EOS = "<s>", "</s>"


class Friday(datetime):
    """The day that `strftime_now` gives in the engine."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


hugging_face.datetime = Friday


def talk(*turns):
    return [{"role": role, "content": content} for role, content in turns]


CONVERSATIONS = {
    "user": talk(("user", "  Where is my parcel?\n")),
    "system": talk(("system", "  You answer the shop's mail.\n"), ("user", "Grüße! <b>한국어</b> 🙂")),
    "turns": talk(("user", "Hi"), ("assistant", "Hello\n"), ("user", "{{ 7 * 7 }} {% raw %}")),
    "all": talk(
        ("system", "Be brief.\n\n"),
        ("user", "One"),
        ("assistant", "<think>\nShort.\n</think>\n\nFirst"),
        ("user", "Two"),
        ("assistant", "Second </think> odd"),
        ("user", "\tThree's \"quotes\" & \\ backslash"),
    ),
    "empty": talk(("system", ""), ("user", "")),
    "thinking": talk(("user", "A <think>b</think> c /think"), ("assistant", ""), ("user", "<tool_response>x</tool_response>")),
}


def render(source, messages):
    try:
        rendered, _ = hugging_face.render_jinja_template(
            conversations=[messages],
            chat_template=source,
            add_generation_prompt=True,
            bos_token=BOS,
            eos_token=EOS,
            enable_thinking=False,
        )
        return rendered[0]
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"[:200]}


def main(folder=HERE / "templates", output=HERE / "rendered.json"):
    templates = {path.stem: path.read_text(encoding="utf-8") for path in sorted(Path(folder).glob("*.jinja"))}
    prompts = {
        name: {conversation: render(source, messages) for conversation, messages in CONVERSATIONS.items()}
        for name, source in templates.items()
    }
    record = {"made_by": f"transformers {transformers.__version__}", "conversations": CONVERSATIONS, "prompts": prompts}
    if Path(folder) != HERE / "templates":
        record["templates"] = templates
    Path(output).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    failed = sum(isinstance(prompt, dict) for all_ in prompts.values() for prompt in all_.values())
    print(f"{len(templates)} templates, {sum(map(len, prompts.values()))} prompts, {failed} of them errors")


if __name__ == "__main__":
    main(*sys.argv[1:])
