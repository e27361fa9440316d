"""imece and its peers, each as it would be used: a module that its own worker process loads, and the way to submit to it and to see its end."""
