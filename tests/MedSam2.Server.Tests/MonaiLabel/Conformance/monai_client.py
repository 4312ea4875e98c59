"""What MONAI Label's Python client and its Slicer module do with an infer request: http.client, and cgi on the open socket."""
import cgi
import hashlib
import http.client
import json
import sys
from urllib.parse import urlparse

server, path, parameters = urlparse(sys.argv[1]), sys.argv[2], sys.argv[3]
boundary = "----------lImIt_of_THE_fIle_eW_$"
body = "\r\n".join([f"--{boundary}", 'Content-Disposition: form-data; name="params"', "", parameters, f"--{boundary}--", "", ""]).encode()
connection = http.client.HTTPConnection(server.hostname, server.port)
connection.request("POST", path, body=body, headers={"content-type": f"multipart/form-data; boundary={boundary}", "content-length": str(len(body))})
response = connection.getresponse()
if response.status != 200:
    sys.exit(f"{response.status} {response.read().decode()}")
form = cgi.FieldStorage(fp=response, environ={"REQUEST_METHOD": "POST"}, headers=response.headers, keep_blank_values=True)
files = [(part.filename, part.value) for part in form.list if part.filename]
fields = {part.name: part.value for part in form.list if not part.filename}
print(json.dumps({
    "files": [[name, hashlib.sha256(content).hexdigest()] for name, content in files],
    "params": json.loads(fields["params"]),
}))
