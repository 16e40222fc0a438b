# The application of the tutorial. The machines see this folder as /code/webapp, so an edit needs no new image.
run ->(_env) { [200, { 'content-type' => 'text/plain' }, ["Hello Docker!\n"]] }
