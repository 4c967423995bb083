"""The OpenAI API over mistral.rs, whose Python package has the engine and no server: for tests alone.

Called with the folder of the weights, the name to serve them under, the port, and the number format.
"""

import http.server
import json
import sys

import mistralrs

folder, name, port, dtype = sys.argv[1:]
runner = mistralrs.Runner(
    mistralrs.Which.Plain(folder, arch=mistralrs.Architecture.Llama, dtype=getattr(mistralrs.ModelDType, dtype)),
    token_source="none",
    no_paged_attn=True,
)


def completion(asked):
    request = mistralrs.CompletionRequest(
        prompt=asked["prompt"], model="default", max_tokens=asked.get("max_tokens", 16), temperature=0.0
    )
    found = runner.send_completion_request(request)
    choices = [dict(index=0, text=found.choices[0].text, finish_reason=found.choices[0].finish_reason)]
    return dict(object="text_completion", model=name, choices=choices)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        models = [dict(id=name, object="model")]
        self.answer(200, dict(object="list", data=models)) if self.path == "/v1/models" else self.answer(404, dict())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/completions" or body.get("model") != name:
            return self.answer(404, dict(error="no such path or model"))
        return self.answer(200, completion(body))

    def answer(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


http.server.ThreadingHTTPServer(("", int(port)), Handler).serve_forever()
